//! Findings: problems with the configuration of providers that were noticed during sign-ins, for admins who test them.

use crate::db::{Db, DbError, Row, Tx, args, statements};
use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::ProviderId,
    string_enum::UnknownValue,
    wire::providers::{Finding, FindingCode, SignInFinding},
};

statements! {
    LIST = "
        SELECT code, claim, detail, times, last_at
        FROM sign_in_provider_findings
        WHERE provider_id = $1
        ORDER BY last_at DESC, code";

    // Writes nothing if the provider was deleted meanwhile.
    RECORD = "
        INSERT INTO sign_in_provider_findings (provider_id, code, claim, detail, times, last_at)
        SELECT p.id, $2, $3, $4, 1, $5
        FROM sign_in_providers p
        WHERE p.id = $1
        ON CONFLICT (provider_id, code)
        DO UPDATE SET claim = excluded.claim, detail = excluded.detail, last_at = excluded.last_at,
                      times = sign_in_provider_findings.times + 1";

    CLEAR = "
        DELETE FROM sign_in_provider_findings WHERE provider_id = $1";
}

/// The findings since the provider was last changed, newest first.
pub async fn list(db: &Db, provider: ProviderId) -> Result<Vec<SignInFinding>, DbError> {
    db.all(&LIST, args![provider.0]).await?.iter().map(finding).collect()
}

fn finding(row: &Row) -> Result<SignInFinding, DbError> {
    let code: String = row.get("code")?;
    let code: FindingCode = code.parse().map_err(|problem: UnknownValue| DbError::Unreadable {
        column: "code".to_owned(),
        problem: problem.to_string(),
    })?;
    let finding = Finding::new(code, row.opt("detail")?);
    let finding = match row.opt::<String>("claim")? {
        Some(claim) => finding.about_claim(&claim),
        None => finding,
    };
    Ok(SignInFinding { finding, times: row.get("times")?, last_at: row.get("last_at")? })
}

/// Records a finding of a sign-in.
pub async fn record(tx: &mut Tx, provider: ProviderId, finding: &Finding, now: DateTime<Utc>) -> Result<(), DbError> {
    let (claim, detail) = (finding.claim.clone(), finding.detail.clone());
    tx.run(&RECORD, args![provider.0, finding.code.as_str(), claim, detail, now]).await.map(drop)
}

/// Deletes the findings of a provider, after it was changed.
pub async fn clear(tx: &mut Tx, provider: ProviderId) -> Result<(), DbError> {
    tx.run(&CLEAR, args![provider.0]).await.map(drop)
}
