import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIP } from 'node:net';

const types = { 1: 4, 28: 6 } as const;

/** The 16 bytes of an IPv6 address that is written without dotted quads. */
const bytesOfV6 = (address: string): Buffer => {
  const [head = '', tail] = address.split('::');
  const groups = (text: string) => text.split(':').filter((group) => group !== '');
  const before = groups(head);
  const after = groups(tail ?? '');
  const zeros = tail === undefined ? [] : Array<string>(8 - before.length - after.length).fill('0');
  const all = [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16));
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
};

const bytesOf = (address: string): Buffer =>
  isIP(address) === 4 ? Buffer.from(address.split('.').map(Number)) : bytesOfV6(address);

/** A name server whose answers are given by a function, so that a name can resolve to another address at each query. */
export async function startNameServer(answer: (name: string, query: number) => readonly string[] | 'silent') {
  const socket = createSocket('udp4');
  const counts = new Map<string, number>();
  socket.on('message', (message, from) => {
    const labels: string[] = [];
    let at = 12;
    for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
      labels.push(message.subarray(at + 1, at + 1 + length).toString());
      at += length + 1;
    }
    const question = message.subarray(12, at + 5);
    const type = message.readUInt16BE(at + 1);
    const name = labels.join('.').toLowerCase();
    const key = `${name} ${type}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    const found = answer(name, counts.get(key) ?? 1);
    if (found === 'silent') return;
    const family = types[type as keyof typeof types];
    const records = found
      .filter((address) => isIP(address) === family)
      .map((address) => {
        const data = bytesOf(address);
        const head = Buffer.from([0xc0, 12, type >> 8, type & 0xff, 0, 1, 0, 0, 0, 0, 0, data.length]);
        return Buffer.concat([head, data]);
      });
    const head = Buffer.from(message.subarray(0, 12));
    head.writeUInt16BE(found.length === 0 ? 0x8183 : 0x8180, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(records.length, 6);
    head.writeUInt32BE(0, 8);
    socket.send(Buffer.concat([head, question, ...records]), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    queries: (name: string) => (counts.get(`${name} 1`) ?? 0) + (counts.get(`${name} 28`) ?? 0),
    [Symbol.asyncDispose]: async () => {
      socket.close();
      await once(socket, 'close');
    },
  };
}
