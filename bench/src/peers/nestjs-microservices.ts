import 'reflect-metadata';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type ClientProxy, ClientProxyFactory, MessagePattern, Transport } from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import { answerCalls } from '../answer-calls.ts';
import { sendForSomeTime } from './sent-requests.ts';

/** Requests over the NATS transport of NestJS with its defaults: the server in a process of its own, in a queue group. */
class EchoController {
  echo({ n }: { n: number }): { n: number } {
    return { n };
  }
}

class EchoModule {}

/** What the decorators `@Controller()`, `@MessagePattern()` and `@Module()` do: Node runs no decorators. */
function decorate(): void {
  const method = Object.getOwnPropertyDescriptor(EchoController.prototype, 'echo') as PropertyDescriptor;
  MessagePattern('nest.echo')(EchoController.prototype, 'echo', method);
  Controller()(EchoController);
  Module({ controllers: [EchoController] })(EchoModule);
}

if (process.argv[2] === 'server') {
  decorate();
  const app = await NestFactory.createMicroservice(EchoModule, {
    transport: Transport.NATS,
    options: { servers: [process.argv[3] ?? ''], queue: 'nest' },
    logger: false,
  });
  await app.listen();
  process.send?.('ready');
  process.once('disconnect', () => process.exit(0));
} else {
  let client: ClientProxy;
  const requestOne = async (n: number): Promise<number> =>
    (await firstValueFrom(client.send<{ n: number }>('nest.echo', { n }))).n;
  answerCalls({
    async open({ natsUrl }: { natsUrl: string }) {
      await once(fork(import.meta.filename, ['server', natsUrl]), 'message');
      client = ClientProxyFactory.create({ transport: Transport.NATS, options: { servers: [natsUrl] } });
      await client.connect();
    },
    request: ({ n }: { n: number }) => requestOne(n),
    run: (size: { atOnce: number; forMs: number }) => sendForSomeTime(size, requestOne),
  });
}
