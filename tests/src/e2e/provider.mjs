// A real OpenID provider for the browser tests: npm's oidc-provider with its own pages for sign-in and sign-out.
// Arguments: the port, and the redirect and logout URLs of its only client.
import { pathToFileURL } from "node:url";

const [port, redirect, logout] = process.argv.slice(2);
const module = `${process.env.SEATKEEPER_TEST_OIDC_PROVIDER}/oidc-provider/lib/index.js`;
const { default: Provider } = await import(pathToFileURL(module));

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: "seatkeeper",
      client_secret: "secret of the client",
      grant_types: ["authorization_code"],
      response_types: ["code"],
      redirect_uris: [redirect],
      backchannel_logout_uri: logout,
      backchannel_logout_session_required: true,
    },
  ],
  claims: { email: ["email", "email_verified"], profile: ["name"] },
  cookies: { keys: ["only for tests"] },
  // It refuses to tell this machine of sign-outs, which is right everywhere but here.
  fetch: (url, { dispatcher, ...options }) => globalThis.fetch(url, options),
  features: { backchannelLogout: { enabled: true } },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: "Nora Neu", email: `${id}@example.org`, email_verified: true }),
  }),
  pkce: { required: () => true },
});
provider.on("backchannel.error", (_, error) => console.error(error));
provider.on("server_error", (_, error) => console.error(error));
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
