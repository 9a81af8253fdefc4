//! What a provider reports about a user: in the ID token, in userinfo, or not at all.

use holdfast_protocol::api::Role;
use serde_json::{Value, json};

use super::{Browser, server_for, settings_for, sign_in};
use crate::support::{Server, User, eventually, idp::Idp};

const ADMINS: [(&str, &str); 2] = [("OIDC_ADMIN_CLAIM", "realm_access.roles"), ("OIDC_ADMIN_VALUE", "chat-admin")];

async fn came(server: &Server) -> User {
    let mut browser = Browser::default();
    assert_eq!(sign_in(server, &mut browser).await, "/");
    browser.user(server).await
}

fn with_roles(roles: Value) -> Value {
    json!({"sub": "ada-1", "preferred_username": "Ada", "realm_access": {"roles": roles}})
}

#[tokio::test]
async fn missing_claims_are_loaded_from_userinfo() {
    let idp = Idp::start().await;
    idp.person(json!({"sub": "ada-1"}));
    idp.tell(with_roles(json!(["chat-admin"])));
    let server = server_for(&idp, &ADMINS).await;
    let ada = came(&server).await.grant.user;
    assert_eq!((ada.username.as_str(), ada.role), ("Ada", Role::Admin));
    // What is of somebody else is not believed, and what is signed counts before what is not.
    idp.person(json!({"sub": "bob-1", "name": "Bob"}));
    let bob = came(&server).await.grant.user;
    assert_eq!((bob.username.as_str(), bob.role), ("Bob", Role::Member));
    idp.person(json!({"sub": "cy-1", "realm_access": {"roles": []}}));
    idp.tell(json!({"sub": "cy-1", "name": "Cy", "realm_access": {"roles": ["chat-admin"]}}));
    let cy = came(&server).await.grant.user;
    assert_eq!((cy.username.as_str(), cy.role), ("Cy", Role::Member));
    // Who can't be asked for more lets people in all the same.
    idp.person(json!({"sub": "dee-1"}));
    idp.tell(json!("nothing that could be read"));
    assert_eq!(came(&server).await.grant.user.username, "User");
}

#[tokio::test]
async fn a_missing_claim_is_logged_and_changes_no_role() {
    let idp = Idp::start().await;
    let mut settings = settings_for(&idp);
    settings.extend(ADMINS);
    let server = Server::with_log(&settings).await;
    idp.person(json!({"sub": "root-1", "name": "Root", "realm_access": {"roles": ["chat-admin"]}}));
    came(&server).await; // somebody else who administers it, so that Ada is not the last
    idp.person(with_roles(json!(["chat-admin"])));
    assert_eq!(came(&server).await.grant.user.role, Role::Admin);
    for without in [
        json!({"sub": "ada-1", "groups": ["a-secret-value"], "acr": "1"}),
        json!({"sub": "ada-1", "realm_access": null}),
        json!({"sub": "ada-1", "realm_access": {"roles": null}}),
    ] {
        idp.person(without);
        assert_eq!(came(&server).await.grant.user.role, Role::Admin);
    }
    eventually(|| server.log().matches("did not come").count() == 3, || server.log()).await;
    let log = server.log();
    let line = log.lines().find(|line| line.contains("did not come")).unwrap();
    assert!(line.contains("realm_access.roles") && line.contains("acr, aud, auth_time, exp, groups, iat, iss, nonce, sub"), "{line}");
    assert!(!log.contains("a-secret-value"), "{log}");
    // Where it comes without the value, that is what the provider says.
    idp.person(with_roles(json!(["user"])));
    assert_eq!(came(&server).await.grant.user.role, Role::Member);
    eventually(|| server.log().contains("no longer makes this user an administrator"), || server.log()).await;
}
