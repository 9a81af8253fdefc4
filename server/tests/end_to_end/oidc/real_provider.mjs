// npm's oidc-provider as it comes, with its own pages for signing in and consenting. Usage: node real_provider.mjs <redirect URI>
// It prints its issuer when it listens.
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const server = createServer();
server.listen(0, "127.0.0.1", () => {
    const issuer = `http://127.0.0.1:${server.address().port}`;
    const provider = new Provider(issuer, {
        clients: [{ client_id: "holdfast", client_secret: "a secret: 100% & more+", redirect_uris: [process.argv[2]] }],
        // By itself it puts these into userinfo alone.
        claims: { profile: ["name", "preferred_username", "groups"] },
        findAccount: (_, id) => ({
            accountId: id,
            claims: () => ({ sub: id, preferred_username: id, groups: id === "Ada" ? ["chat-admin"] : [] }),
        }),
    });
    server.on("request", provider.callback());
    console.log(issuer);
});
