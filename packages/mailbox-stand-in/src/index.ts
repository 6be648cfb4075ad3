export { type Certificate, makeCertificate } from './certificate.ts';
export { type Mailbox, startMailbox } from './mailbox.ts';
export {
  type ReceivedMail,
  type SmtpCommand,
  type SmtpFault,
  type SmtpSecurity,
  type SmtpServer,
  startSmtpServer,
} from './smtp-server.ts';
