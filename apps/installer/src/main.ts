import { runInstaller } from '@arcadia/platform';

await runInstaller();
