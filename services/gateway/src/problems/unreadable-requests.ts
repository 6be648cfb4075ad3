import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { RequestError } from '@hono/node-server';
import { problemType, titleOf, typeUri } from './problem-types.ts';
import type { ProblemWord } from './problem-words.ts';

type Unreadable = { word: ProblemWord; detail: string };

/** What Node's parser found wrong, by its error code. Everything else is a request that cannot be read. */
const faults: Readonly<Record<string, Unreadable>> = {
  HPE_HEADER_OVERFLOW: {
    word: 'headers-too-large',
    detail:
      'The request line and the headers may have at most 16 KB together; send less, and a body in place of a long address.',
  },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: {
    word: 'too-large',
    detail: 'The chunks of the body have extensions of more than 16 KB; send them without.',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    word: 'too-slow',
    detail: 'The request did not arrive in time; send its headers and its body without pause.',
  },
};

const faultOf = (error: Error & { code?: string; reason?: string }): Unreadable =>
  faults[error.code ?? ''] ?? {
    word: 'bad-request',
    detail: `The request is not HTTP/1.1 as it must be (${error.reason ?? error.code ?? error.message}); correct it.`,
  };

const documentOf = ({ word, detail }: Unreadable) => {
  const { status } = problemType(word);
  const requestId = randomUUID();
  const text = JSON.stringify({ type: typeUri(word), title: titleOf(word), status, detail, request_id: requestId });
  return { status, text, headers: { 'content-type': 'application/problem+json', 'x-request-id': requestId } };
};

/** The answer to a request whose address or Host cannot be read. Throws every other error again. */
export const answerUnreadable = (error: unknown): Response => {
  if (!(error instanceof RequestError)) throw error;
  const { status, text, headers } = documentOf({
    word: 'bad-request',
    detail: `The address of the request cannot be read (${error.message}); correct the path, the query or the header Host.`,
  });
  return new Response(text, { status, headers });
};

/**
 * Answers what never became a request with a problem document too, and closes its connection. An answer that has begun on the connection is
 * broken off instead: a document in its middle would be taken for a part of it.
 */
export const answerParserErrors = (server: Server): void => {
  const answering = new WeakMap<Duplex, ServerResponse>();
  server.on('request', (incoming: IncomingMessage, outgoing: ServerResponse) =>
    answering.set(incoming.socket, outgoing),
  );
  server.on('clientError', (error: Error, socket: Duplex) => {
    const begun = answering.get(socket);
    if (!socket.writable || (begun?.headersSent === true && !begun.writableFinished)) {
      socket.destroy();
      return;
    }
    const { status, text, headers } = documentOf(faultOf(error));
    const lines = Object.entries({ ...headers, connection: 'close', 'content-length': Buffer.byteLength(text) });
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head}\r\n${text}`, () => socket.destroy());
  });
  // A server may ignore an expectation that it does not know (RFC 9110, section 10.1.1).
  server.on('checkExpectation', (incoming, outgoing) => server.emit('request', incoming, outgoing));
};
