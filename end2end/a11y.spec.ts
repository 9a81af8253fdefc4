/** axe reports no accessibility errors, in light and in dark. */
import { Api } from './support/api.ts';
import { expectNoFindings } from './support/axe.ts';
import { answers, chooseFromMenu, lastAnswer, openList, questions, seenGrowing, statusText, toast } from './support/chat.ts';
import { expect, test } from './support/server.ts';

const TEXT = 'A [link](https://example.com), `code`:\n\n```rust\nfn main() {}\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- [x] done';

/** Every element that has its own colour. */
const CODE = [
  '```rust\n//! Why.\n#[derive(Debug)]\nstruct Tide<\'a> { height: f64, at: &\'a str }\nfn main() { let n: u32 = 0x1f; println!("{n:?}\\n"); }\n```',
  '```python\n@wraps\ndef f(x: int = 3) -> str:\n    """Why."""\n    return f"{x!r}" if x is not None else True\n```',
  '```html\n<!-- why --><p class="a" id=b>text &amp; more</p>\n```',
  '```css\n@media (width > 1px) { .a #b::before, a[href^="x"]:hover { color: #fff; margin: 1px !important } }\n```',
  '```diff\n@@ -1 +1 @@\n-old\n+new\n```',
  '```yaml\na: &x 1\nb: [*x, yes, "s"]\n```',
  '```sh\nset -e; for f in *.txt; do echo "$f" | sed "s/a/b/" > /dev/null; done # why\n```',
  '```js\nconst re = /a+/g, t = `x ${1 + 2}`; class A extends B { #p = null; async f() { await this.f?.(); } }\n```',
  "```sql\nSELECT count(*) FROM t WHERE a = 'x' AND b IS NULL; -- why\n```",
  '```md\n# Head\n- *a* **b** [c](https://example.com) `d`\n> e\n```',
].join('\n\n');

test('the first page', async ({ page }) => {
  await page.goto('/');
  await expect(statusText(page)).toHaveText('Ready');
  await expectNoFindings(page);
  await openList(page);
  await expectNoFindings(page);
});

test('a conversation', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin(TEXT);
  await api.settled(id);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  await expect(questions(page)).toBeVisible();
  await expectNoFindings(page);
});

test('the quote button and the composer', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin('A few words to select.');
  await api.settled(id);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  await page.getByRole('textbox', { name: 'Message' }).fill('> and quote');
  await lastAnswer(page).selectText();
  await expect(page.getByRole('button', { name: 'Quote' })).toBeVisible();
  await expectNoFindings(page);
});

test('highlighted code', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin(CODE);
  await api.settled(id);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  for (const figure of await page.getByRole('figure').all()) {
    await figure.scrollIntoViewIfNeeded();
    await expect(figure.locator('code span').first()).toBeVisible();
  }
  await page.getByRole('button', { name: 'Wrap' }).first().click();
  await expectNoFindings(page);
});

test('formulas', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin(`A formula $x^2$, and\n\n$$\\frac{1}{2} ${'+ x_1 '.repeat(80)}$$\n\nand $\\none{x}$`);
  await api.settled(id);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  await expect(answers(page).locator('math')).toHaveCount(2);
  await expectNoFindings(page);
});

test('a growing answer', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin('Count.', 'echo-6000-5');
  await page.goto(`/c/${id}`);
  await seenGrowing(lastAnswer(page), 1);
  await expectNoFindings(page);
  await expect(answers(page)).toHaveAttribute('data-growing', 'true');
});

test('an answer with its sources', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin('How do I connect Ollama?', 'quote');
  await api.settled(id);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  await answers(page).getByRole('button', { name: /passages?$/ }).click();
  await expect(page.getByRole('complementary', { name: 'Sources' })).toBeVisible();
  await expectNoFindings(page);
});

for (const path of ['/signin', '/signup', '/settings', '/settings/data', '/settings/models', '/settings/connection', '/settings/people', '/settings/providers', '/settings/limits', '/settings/activity', '/archived', '/join', '/claim', '/password', '/nowhere']) {
  test(path, async ({ page, allow }) => {
    allow(/status of 404/);
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expectNoFindings(page);
  });
}

test('menus and dialogs of a conversation, and the archive', async ({ page, context }) => {
  const api = await Api.guest(context.request);
  const id = await api.begin('How do tides work?');
  await api.settled(id);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  await page.getByRole('button', { name: 'More' }).click();
  await expectNoFindings(page);
  await page.getByRole('menuitem', { name: 'Archive' }).click();
  await expect(toast(page)).toContainText('Archived');
  await expectNoFindings(page);
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Find a command or a conversation' }).fill('tid');
  await expect(page.getByRole('listbox').getByRole('option').first()).toBeVisible();
  await expectNoFindings(page);
  await page.keyboard.press('Escape');
  await page.getByRole('main').focus();
  await page.keyboard.press('?');
  await expectNoFindings(page);
  await page.goto('/archived');
  await expect(page.getByRole('list', { name: 'Archived conversations' }).getByRole('listitem')).toHaveCount(1);
  await expectNoFindings(page);
});

test('settings of the user, and a shared conversation', async ({ page, context, allow }) => {
  allow(/status of 400/);
  const api = await Api.guest(context.request);
  const id = await api.begin(TEXT);
  await api.settled(id);
  await page.goto(`/c/${id}`);
  await expect(statusText(page)).toHaveText('Connected');
  await chooseFromMenu(page, 'Share…');
  await expectNoFindings(page);
  await page.getByRole('button', { name: 'Create a link' }).click();
  const link = await page.getByLabel('The link', { exact: true }).inputValue();
  await expectNoFindings(page);
  await page.getByRole('link', { name: 'Your links' }).click();
  await expect(page.getByRole('list', { name: 'Links' }).getByRole('listitem')).toHaveCount(1);
  await page.getByLabel('Files').setInputFiles({ name: 'x.txt', mimeType: 'text/plain', buffer: Buffer.from('x') });
  await page.getByRole('button', { name: 'Import' }).click();
  await expect(page.getByRole('list', { name: 'What was left out' }).getByRole('listitem')).toHaveCount(1);
  await expectNoFindings(page);
  await page.goto(link);
  await expect(page.getByRole('article', { name: 'Question' })).toBeVisible();
  await expectNoFindings(page);
});

test('an account, and the list of users', async ({ page, context, browser, server }) => {
  const api = await Api.claim(context.request, server, { username: 'ada', password: 'correct horse battery' });
  const elsewhere = await browser.newContext();
  await Api.signUp(elsewhere.request, { username: 'bob', password: 'correct horse battery' }, server.url);
  await Api.login(elsewhere.request, { username: 'ada', password: 'correct horse battery' }, server.url);
  await api.suspend('bob', 'Spam');
  await page.goto('/settings/account');
  await expect(page.getByRole('list', { name: 'Sessions' }).getByRole('listitem')).toHaveCount(2);
  await expectNoFindings(page);
  await page.getByRole('button', { name: 'Remove the account…' }).click();
  await expectNoFindings(page);
  await page.goto('/settings/people');
  await expect(page.getByText('Suspended: Spam')).toBeVisible();
  await page.getByRole('button', { name: 'Create an invitation' }).click();
  await expect(page.getByLabel('The invitation')).toHaveValue(/join/);
  await expectNoFindings(page);
  await page.getByRole('button', { name: 'New password for bob' }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await expectNoFindings(page);
  await page.goto('/settings/providers');
  await page.getByLabel('Name, such as groq').fill('groq');
  await page.getByLabel("Address (empty: the vendor's)", { exact: true }).fill('http://127.0.0.1:9/v1');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByText('Change groq').click();
  await page.getByText('2 models').click();
  await expect(page.getByLabel('Who may use echo')).toBeVisible();
  await expectNoFindings(page);
  await page.goto('/settings/activity');
  await expect(page.getByRole('list', { name: 'Who is connected' })).toContainText('ada');
  await expectNoFindings(page);
});
