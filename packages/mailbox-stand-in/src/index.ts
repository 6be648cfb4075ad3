export { type Mailbox, startMailbox } from './mailbox.ts';
export {
  type ReceivedMail,
  type SmtpCommand,
  type SmtpFault,
  type SmtpServer,
  startSmtpServer,
} from './smtp-server.ts';
