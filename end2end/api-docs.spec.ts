/** The API's documentation works in a browser, without anything from other sites. */
import { expect, test } from './support/server.ts';

test('the API reference can be browsed, and calls can be tried', async ({ page, server }) => {
  const elsewhere: string[] = [];
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(server.url) && !url.startsWith('data:')) elsewhere.push(url);
  });
  await page.goto('/api/docs');
  await expect(page).toHaveURL('/api/docs/');
  const operation = page.locator('.opblock').filter({ hasText: '/health/full' });
  await expect(operation).toBeVisible();
  expect(await page.locator('.opblock').count()).toBeGreaterThan(40);
  await operation.getByRole('button').first().click();
  await operation.getByRole('button', { name: 'Try it out' }).click();
  await operation.getByRole('button', { name: 'Execute' }).click();
  await expect(operation.locator('.live-responses-table tbody .response-col_status')).toContainText('200');
  expect(elsewhere).toEqual([]);
});

test('the API reference can be read without JavaScript', async ({ browser, server }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => problems.push(message.text()));
  await page.goto(`${server.url}/api/redoc`);
  await expect(page.getByRole('heading', { name: 'Holdfast API' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'GET /api/models' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'chunk (to the client)' })).toBeVisible();
  await page.getByRole('link', { name: 'Swagger UI' }).click();
  await expect(page).toHaveURL(`${server.url}/api/docs/`);
  expect(problems).toEqual([]);
  await context.close();
});
