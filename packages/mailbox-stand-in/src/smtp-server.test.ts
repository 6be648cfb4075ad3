import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { startSmtpServer } from './smtp-server.ts';

test('a mail whose client leaves before its end is no mail', async () => {
  const server = await startSmtpServer();
  const { port } = new URL(server.url);
  const send = async (content: string): Promise<void> => {
    const socket = connect(Number(port), '127.0.0.1');
    const commands = ['EHLO test', 'MAIL FROM:<a@b.example>', 'RCPT TO:<c@d.example>', 'DATA'];
    const steps = [...commands.map((command) => `${command}\r\n`), content];
    socket.on('data', () => {
      const step = steps.shift();
      if (steps.length === 0 && step !== undefined) socket.end(step);
      else if (step !== undefined) socket.write(step);
    });
    await once(socket, 'close');
  };
  await send('Message-ID: <half@test.example>\r\n\r\nhalf of');
  await send('Message-ID: <whole@test.example>\r\n\r\nwhole\r\n.\r\n');
  expect(server.received.map(({ messageId }) => messageId)).toEqual(['whole@test.example']);
  await server.stop();
});
