import { isProblemWord, problemGroups, problemType } from './problem-types.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** docs/problems.md: every problem type by group. */
export const problemsPage = (): string => {
  const lines = [
    '# Problem types',
    '',
    '<!-- Generated from services/gateway/src/problems by npm run generate. -->',
    '',
    'Every error of the API is a problem document (RFC 9457, `application/problem+json`). Its `type` is `/problems/<type>`, the address of the',
    'page that explains it on the same gateway (HTML, or JSON by `Accept`, without a token). A type always has the same status. Programs branch',
    'on the last segment of `type`; `detail` is for people, and `request_id` finds the request in the logs.',
  ];
  for (const { title, problems } of problemGroups) {
    lines.push('', `## ${title}`, '', '| Type | Status | Meaning | When | What to do |', '|---|---|---|---|---|');
    for (const word of Object.keys(problems).filter(isProblemWord)) {
      const { status, meaning, when, remedy } = problemType(word);
      lines.push(`| \`${word}\` | ${status} | ${cell(meaning)} | ${cell(when)} | ${cell(remedy)} |`);
    }
  }
  return `${lines.join('\n')}\n`;
};
