import { notifications } from '@arcadia/contracts';
import { type Route, route } from '../route.ts';

const mail = '/api/v1/mails/{mail_id}';

export const mailRoutes: readonly Route[] = [
  route('get', '/api/v1/mails', notifications.listMails),
  route('get', mail, notifications.getMail),
  route('post', `${mail}/replay`, notifications.replayMail, { status: 202, location: mail }),
  route('get', '/api/v1/mail-suppressions', notifications.listMailSuppressions),
  route('delete', '/api/v1/mail-suppressions/{suppression_id}', notifications.deleteMailSuppression),
];
