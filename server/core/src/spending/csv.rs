//! The administrators' table as CSV (RFC 4180).

use holdfast_protocol::usage::{Cost, NANOS, UsersUsage};

/// Returns the table: a row for each user, model and currency.
pub(super) fn table(users: &UsersUsage) -> String {
    let head = "month,user_id,username,role,provider,model,answers,input_tokens,cached_tokens,output_tokens,reasoning_tokens,cost,currency,estimated_answers";
    let mut text = format!("{head}\r\n");
    for user in &users.users {
        for model in &user.models {
            let sum = &model.sum;
            let role = serde_json::to_value(user.role).ok().and_then(|role| role.as_str().map(str::to_owned)).unwrap_or_default();
            let cost = sum.costs.first();
            let fields = [
                users.month.clone(),
                user.user_id.to_string(),
                field(&user.username),
                role,
                field(&model.provider),
                field(&model.model),
                sum.answers.to_string(),
                sum.input_tokens.to_string(),
                sum.cached_tokens.to_string(),
                sum.output_tokens.to_string(),
                sum.reasoning_tokens.to_string(),
                cost.map(amount).unwrap_or_default(),
                cost.map(|cost| cost.currency.as_str().to_owned()).unwrap_or_default(),
                sum.estimated.to_string(),
            ];
            text.push_str(&fields.join(","));
            text.push_str("\r\n");
        }
    }
    text
}

/// Returns an amount with all of its decimals.
fn amount(cost: &Cost) -> String {
    format!("{}.{:09}", cost.nanos / NANOS, cost.nanos % NANOS)
}

/// Returns a text as a field. A spreadsheet would calculate a text that begins like a formula, so an apostrophe precedes it.
fn field(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use holdfast_protocol::{
        UserId,
        api::Role,
        usage::{Currency, ModelUsage, UsageSum, UserUsage},
    };
    use uuid::Uuid;

    use super::*;

    #[test]
    fn names_are_quoted_and_start_no_formula() {
        let costs = vec![Cost { nanos: 1_500_000_001, currency: Currency::parse("EUR").unwrap() }];
        let sum = UsageSum { answers: 2, input_tokens: 3, output_tokens: 4, costs, ..UsageSum::default() };
        let models = vec![ModelUsage { provider: "openai".into(), model: "a,\"b\"".into(), sum }];
        let user = UserUsage {
            user_id: UserId(Uuid::nil()),
            username: "=1+1".into(),
            role: Role::Member,
            models,
            total: UsageSum::default(),
            own_budget: None,
        };
        let table = table(&UsersUsage { month: "2026-12".into(), users: vec![user], total: UsageSum::default() });
        let row = "2026-12,00000000-0000-0000-0000-000000000000,'=1+1,member,openai,\"a,\"\"b\"\"\",2,3,0,4,0,1.500000001,EUR,0\r\n";
        assert_eq!(table.split_once("\r\n").unwrap().1, row);
    }
}
