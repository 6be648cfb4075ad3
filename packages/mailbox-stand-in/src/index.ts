export {
  type ReceivedMail,
  type SmtpCommand,
  type SmtpFault,
  type SmtpServer,
  startSmtpServer,
} from './smtp-server.ts';
