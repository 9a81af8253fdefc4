/** What was written and not sent stays where it was written. */
import { atConversation, field, item, NO_CONNECTION, openList, RECONNECTING, said, unsent, write } from './support/chat.ts';
import { expect, test } from './support/server.ts';

test('a draft stays its page’s, also where something waits to be sent', async ({ page, server, allow }) => {
  const { id } = await atConversation(page);
  allow(NO_CONNECTION);
  await server.kill();
  await expect(said(page)).toHaveText(RECONNECTING);
  await write(page, 'On its way');
  await expect(unsent(page)).toContainText('On its way');
  await field(page).fill('For this one');

  await openList(page);
  await page.getByRole('link', { name: 'New conversation' }).click();
  await expect(field(page)).toHaveValue('');
  await field(page).fill('For a new one');

  await openList(page);
  await item(page, 'before').click();
  await expect(page).toHaveURL(`/c/${id}`);
  await expect(field(page)).toHaveValue('For this one');
  await page.goBack();
  await expect(field(page)).toHaveValue('For a new one');
});
