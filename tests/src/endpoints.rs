//! The endpoints that app and client send: each is a route of the API, with its parameters, its body and its answer.
//!
//! Functions cannot be listed at run time, so their text is read: this finds each, also those added later.

use serde_json::Value;
use std::{collections::BTreeSet, fs, path::Path};

/// Answers that can be of more than one type.
const EITHER: [(&str, [&str; 2]); 2] =
    [("SeatResponse", ["SessionView", "TicketView"]), ("SignedIn", ["Me", "SecondFactorNeeded"])];

/// What an endpoint's function sends and expects.
#[derive(Clone, Debug, PartialEq)]
struct Operation {
    function: String,
    method: String,
    /// With `{}` for each id.
    path: String,
    parameters: BTreeSet<String>,
    /// The type of the body; empty if there is none.
    body: String,
    /// The type of the answer; `()` if there is none.
    answer: String,
}

/// The text between two others.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(found, _)| found)
}

/// A path with `{}` for each of its parameters.
fn without_names(path: &str) -> String {
    let mut parts = path.split('/');
    let all: Vec<_> = parts.by_ref().map(|part| if part.starts_with('{') { "{}" } else { part }).collect();
    all.join("/")
}

/// The type of a function's argument or variable.
fn type_of<'a>(function: &'a str, name: &str) -> Option<&'a str> {
    let argument = function.split_once(&format!("{name}: ")).map(|(_, after)| after);
    let variable = function.split_once(&format!("let {name} = ")).map(|(_, after)| after);
    let of = argument.or(variable)?.trim_start_matches('&');
    of.split(|c: char| !c.is_alphanumeric()).next()
}

/// The type of the body in the rest of a call's arguments; empty if there is none.
fn body_of(function: &str, arguments: &str) -> Option<String> {
    let argument = arguments.strip_prefix(", ")?.trim_start_matches('&');
    let name = argument.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
    match name.chars().next() {
        None if argument.starts_with("()") => Some(String::new()),
        None => None,
        Some(first) if first.is_uppercase() => Some(name.to_owned()),
        Some(_) => type_of(function, name).map(str::to_owned),
    }
}

/// Reads a function, whose spaces are single; `known` are those before it in the file.
fn read(function: &str, known: &[Operation]) -> Option<Operation> {
    let (name, _) = function.split_once('(')?;
    let (signature, code) = function.split_once("> { ")?;
    let answer = signature.split_once("-> Endpoint<")?.1.to_owned();
    let mut operation = match code.split_once("Endpoint::") {
        Some((_, call)) => {
            let (method, arguments) = call.split_once('(')?;
            let arguments = arguments.trim_start();
            let (path, after) = arguments.trim_start_matches("format!(").strip_prefix('"')?.split_once('"')?;
            let after = if arguments.starts_with("format!") { after.split_once(')')?.1 } else { after };
            let has_body = ["post", "put", "patch"].contains(&method);
            let body = if has_body { body_of(function, after)? } else { String::new() };
            let (path, query) = path.split_once('?').unwrap_or((path, ""));
            let inline = query.split('&').filter_map(|one| one.split_once('=')).map(|(name, _)| name.to_owned());
            let (path, parameters) = (without_names(path), inline.collect());
            let method = method.trim_end_matches("_file").to_uppercase();
            Operation { function: String::new(), method, path, parameters, body, answer: String::new() }
        }
        // It adds parameters to another one.
        None => known.iter().find(|other| code.starts_with(&format!("{}(", other.function)))?.clone(),
    };
    let added = code.split(".with").skip(1).filter_map(|call| between(call, "(\"", "\""));
    operation.parameters.extend(added.map(str::to_owned));
    Some(Operation { function: name.to_owned(), answer, ..operation })
}

/// The operations of a file.
fn operations(text: &str) -> Vec<Operation> {
    let mut all = Vec::new();
    for function in text.split("\npub fn ").skip(1) {
        let (function, _) = function.split_once("\n}").expect("the end of the function");
        let function = function.split_whitespace().collect::<Vec<_>>().join(" ").replace("( ", "(");
        all.push(read(&function, &all).unwrap_or_else(|| panic!("this is not understood: {function}")));
    }
    all
}

/// The names of all types that a description refers to, as Rust writes them.
fn types(content: &Value) -> BTreeSet<String> {
    fn name(schema: &Value) -> Option<String> {
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap_or_default();
            return Some(name.strip_prefix("Page_").map_or(name.to_owned(), |item| format!("Page<{item}>")));
        }
        match schema["type"].as_str() {
            Some("array") => Some(format!("Vec<{}>", name(&schema["items"])?)),
            Some("string") => Some("String".to_owned()),
            _ => schema["oneOf"].as_array()?.iter().find_map(name),
        }
    }
    // A file, also if it can be had as JSON.
    if !content["text/csv"].is_null() {
        return BTreeSet::from(["String".to_owned()]);
    }
    content.as_object().into_iter().flatten().filter_map(|(_, media)| name(&media["schema"])).collect()
}

/// What is wrong with an operation.
fn fault(operation: &Operation, description: &Value) -> Option<String> {
    let Operation { function, method, path, parameters, body, answer } = operation;
    let paths = description["paths"].as_object()?;
    let served = paths.iter().find(|(served, _)| without_names(served) == format!("/api/v1{path}"));
    let Some(route) = served.and_then(|(_, item)| item.get(method.to_lowercase())) else {
        return Some(format!("{function}: there is no {method} {path}"));
    };
    let known = route["parameters"].as_array().into_iter().flatten().filter_map(|one| one["name"].as_str());
    let known: BTreeSet<_> = known.map(str::to_owned).collect();
    if let Some(parameter) = parameters.difference(&known).next() {
        return Some(format!("{function}: {method} {path} has no parameter {parameter}"));
    }
    let mut wanted = types(&route["requestBody"]["content"]);
    // A file.
    wanted.remove("String");
    if wanted != BTreeSet::from([body.clone()]).into_iter().filter(|body| !body.is_empty()).collect() {
        return Some(format!("{function}: the body of {method} {path} is {wanted:?}, not {body}"));
    }
    let successes = route["responses"].as_object()?.iter().filter(|(status, _)| status.starts_with('2'));
    let mut answers: BTreeSet<_> = successes.flat_map(|(_, response)| types(&response["content"])).collect();
    if answers.is_empty() {
        answers.insert("()".to_owned());
    }
    let either = EITHER.iter().find(|(name, _)| name == answer);
    let expected = either.map_or_else(|| vec![answer.as_str()], |(_, types)| types.to_vec());
    let expected: BTreeSet<_> = expected.into_iter().map(str::to_owned).collect();
    (answers != expected).then(|| format!("{function}: {method} {path} is answered with {answers:?}, not {answer}"))
}

fn description() -> Value {
    serde_json::to_value(seatkeeper::api::openapi()).expect("JSON")
}

#[test]
fn every_endpoint_is_in_the_openapi_document() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/src/endpoints");
    let files = fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").path());
    let texts = files.map(|path| (path.clone(), fs::read_to_string(path).expect("text")));
    let all: Vec<_> = texts.map(|(path, text)| (path, operations(&text))).collect();
    assert!(all.iter().all(|(_, operations)| !operations.is_empty()), "{all:?}");
    let count: usize = all.iter().map(|(_, operations)| operations.len()).sum();
    assert!(count > 30, "{count}");
    let description = description();
    let faults: Vec<_> = all.iter().flat_map(|(_, all)| all).filter_map(|one| fault(one, &description)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_wrong_endpoint_is_noticed() {
    let faults = |text: &str| {
        let description = description();
        operations(text).iter().filter_map(|one| fault(one, &description)).collect::<Vec<_>>()
    };
    let endpoint = |answer: &str, code: &str| {
        faults(&format!("\npub fn one(id: UserId, body: &ChangeUser) -> Endpoint<{answer}> {{\n    {code}\n}}\n"))
    };
    assert_eq!(endpoint("UserView", r#"Endpoint::patch(format!("/users/{id}"), body)"#), [""; 0]);
    assert_eq!(endpoint("Page<UserView>", r#"Endpoint::get("/users?role=agent").with("q", "a")"#), [""; 0]);
    assert_eq!(endpoint("()", r#"Endpoint::delete(format!("/user/{id}"))"#), ["one: there is no DELETE /user/{}"]);
    assert_eq!(endpoint("()", r#"Endpoint::put(format!("/users/{id}"), body)"#), ["one: there is no PUT /users/{}"]);
    assert_eq!(
        endpoint("Page<UserView>", r#"Endpoint::get("/users").with("name", "a")"#),
        ["one: GET /users has no parameter name"]
    );
    assert_eq!(
        endpoint("UserView", r#"Endpoint::post("/users", body)"#),
        [r#"one: the body of POST /users is {"NewUser"}, not ChangeUser"#]
    );
    assert_eq!(
        endpoint("()", r#"Endpoint::patch(format!("/users/{id}"), body)"#),
        [r#"one: PATCH /users/{} is answered with {"UserView"}, not ()"#]
    );
}
