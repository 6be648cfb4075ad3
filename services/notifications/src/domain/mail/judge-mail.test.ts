import { expect, test } from 'vitest';
import { mostAttempts } from '../judge-attempt.ts';
import { judgeMail, type MailResult } from './judge-mail.ts';

const result = (given: Partial<MailResult>): MailResult => ({
  ...{ code: null, answer: null, stage: 'server', isBroken: false, canBeSmaller: false },
  ...given,
});
const refused = (answer: string, stage: MailResult['stage'] = 'recipient') =>
  judgeMail(result({ code: Number(answer.slice(0, 3)), answer, stage }), 1, 0.5);

test.each([
  ['550 5.1.1 no such user', true],
  ['550 no such user', true],
  ['551 user not local', true],
  ['553 mailbox name not allowed', true],
  ['550 5.2.1 mailbox disabled', true],
  ['550-5.1.1 The account does not exist.\n550 5.1.1 Try again', true],
  ['550 5.7.1 relaying denied', false],
  ['550 relay not permitted', false],
  ['550 5.1.1 relay access denied', false],
  ['554 5.7.1 blocked by policy', false],
  ['552 5.2.2 mailbox full', false],
  ['554 transaction failed', false],
])('the reply "%s" to a recipient ends the mail; it suppresses the address: %s', (answer, isSuppressed) => {
  expect(refused(answer)).toMatchObject({ outcome: 'failed', nextInMs: null, isSuppressed, holdMs: null });
});

test('a temporary refusal is tried again and holds no other mail up, except one of the whole server', () => {
  expect(refused('451 4.2.1 greylisted')).toMatchObject({ outcome: 'retry', holdMs: null, isSuppressed: false });
  expect(refused('451 4.3.0 later', 'content')).toMatchObject({ outcome: 'retry', holdMs: null });
  expect(refused('421 4.3.2 closing')).toMatchObject({ outcome: 'retry', holdMs: expect.any(Number) });
  expect(refused('535 5.7.8 wrong password', 'server')).toMatchObject({ outcome: 'retry', holdMs: expect.any(Number) });
  expect(refused('554 5.7.1 message is spam', 'content')).toMatchObject({ outcome: 'failed', isSuppressed: false });
});

test('a connection that breaks in the middle holds the server only in doubt; the last attempt fails', () => {
  expect(judgeMail(result({ isBroken: true }), 1, 0.5)).toMatchObject({ outcome: 'retry', isHoldDoubtful: true });
  expect(judgeMail(result({}), 1, 0.5)).toMatchObject({ outcome: 'retry', isHoldDoubtful: false });
  expect(judgeMail(result({}), mostAttempts, 0.5)).toMatchObject({ outcome: 'failed', nextInMs: null });
});

test('a mail that is too large is sent again at once without its document, and fails once it has none', () => {
  const tooLarge = result({ code: 552, answer: '552 5.3.4 too big', stage: 'content' });
  expect(judgeMail({ ...tooLarge, canBeSmaller: true }, 1, 0.5)).toMatchObject({
    outcome: 'retry',
    nextInMs: 0,
    isTooLarge: true,
  });
  expect(judgeMail(tooLarge, 2, 0.5)).toMatchObject({ outcome: 'failed', isTooLarge: false });
});
