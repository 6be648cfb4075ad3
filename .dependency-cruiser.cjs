// Which folder may import which (docs/style.md). The comment of each rule names the remedy.

const test = '\\.test\\.ts$';
const serviceRoom = (room) => `^services/[^/]+/src/${room}`;
const own = (room) => `^services/$1/src/${room}`;
const contracts = '^packages/contracts/';
const platform = '^packages/platform/';
const npm = (...names) => `node_modules/(${names.join('|')})/`;

/** A folder and everything it may import; the group in `from` is the service's name. */
const room = ({ name, path, pathNot = [test], reaches, comment, values = {} }) => ({
  name,
  comment,
  severity: 'error',
  from: { path: path.replace('[^/]+', '([^/]+)'), pathNot },
  to: { pathNot: reaches, ...values },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files import each other (types count): move their shared part into a third file, or join them.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolves',
      comment:
        'The import cannot be resolved: correct the path, or declare the package in this package.json (`catalog:`).',
      severity: 'error',
      // The peers of the benchmarks are a workspace of their own, which is installed when one is run.
      from: { pathNot: '^bench/src/peers/' },
      to: { couldNotResolve: true, pathNot: '^#' },
    },
    {
      name: 'services-meet-in-contracts',
      comment: 'A service never imports another: consume its event or send it a request, through @arcadia/contracts.',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'packages-know-no-service',
      comment: 'A package never imports a service: move the needed code into a package, or this code into the service.',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^(services|apps|scenarios|bench)/' },
    },
    {
      name: 'contracts-stand-alone',
      comment:
        'Contracts depend on zod, decimal arithmetic and the ISO 4217 data only: code that does work belongs elsewhere.',
      severity: 'error',
      from: { path: '^packages/contracts/src/', pathNot: test },
      to: { pathNot: ['^packages/contracts/', npm('zod', 'decimal\\.js', 'currency-codes'), '^(node:)?crypto$'] },
    },
    {
      name: 'platform-knows-no-business',
      comment: 'The platform may import contracts and libraries only: pass business values in as arguments.',
      severity: 'error',
      from: { path: '^packages/platform/src/', pathNot: test },
      to: { path: '^packages/', pathNot: [contracts, platform] },
    },
    {
      name: 'digitalocean-knows-no-business',
      comment: "The provider's client uses the provider's words: translate them in the service's src/clients.",
      severity: 'error',
      from: { path: '^packages/digitalocean/src/', pathNot: test },
      to: { path: '^packages/', pathNot: ['^packages/digitalocean/', platform] },
    },
    {
      name: 'simulator-only-over-http',
      comment: 'A service reaches the simulator only over HTTP: use its address.',
      severity: 'error',
      from: { path: '^services/[^/]+/src/', pathNot: test },
      to: { path: '^packages/(digitalocean-simulator|finance-stand-in)/' },
    },
    {
      name: 'test-tools-in-tests',
      comment: 'The testkit and the local servers are for tests, scenarios, benchmarks and the command line.',
      severity: 'error',
      from: {
        path: '^(packages|services)/[^/]+/src/',
        pathNot: [test, '^packages/testkit/', '^packages/local-infrastructure/'],
      },
      to: { path: '^packages/(testkit|local-infrastructure)/' },
    },
    room({
      name: 'domain-decides',
      path: serviceRoom('domain/'),
      reaches: [own('domain/'), contracts, npm('decimal\\.js', 'zod', 'csv-parse'), '^(node:)?(assert|crypto)$'],
      comment: 'Domain code takes values and returns values: load data in the use case and pass it in.',
    }),
    room({
      name: 'store-asks-postgres',
      path: serviceRoom('store/'),
      reaches: [
        own('((store|domain)/|(config|context)\\.ts$)'),
        contracts,
        platform,
        npm('kysely', 'pg', 'pg-copy-streams', 'zod', 'decimal\\.js'),
        '^(node:)?(assert|crypto|stream.*|util|zlib)$',
      ],
      comment: 'The store turns rows into domain values: pass in what it needs of a use case or client.',
    }),
    room({
      name: 'clients-call-out',
      path: serviceRoom('clients/'),
      reaches: [
        own('((clients|domain)/|(config|context)\\.ts$)'),
        contracts,
        platform,
        '^packages/digitalocean/',
        'node_modules/',
        '^node:',
        '^[a-z_]+(/promises)?$',
      ],
      comment:
        'A client turns a reply into a domain value: the use case passes in what it needs and stores the result.',
    }),
    room({
      name: 'migrations-are-frozen',
      path: serviceRoom('migrations/'),
      reaches: [own('migrations/'), npm('kysely'), `${platform}src/(index|partitions)`],
      comment:
        'A migration must keep its meaning for ever: write the SQL out instead of importing code that will change.',
    }),
    room({
      name: 'config-reads-the-environment',
      path: serviceRoom('config\\.ts$'),
      reaches: [
        contracts,
        platform,
        '^packages/(digitalocean|finance)/',
        npm('zod'),
        '^(node:)?(fs|path|zlib)(/promises)?$',
      ],
      // The form of what it parses may be declared where it is used.
      values: { dependencyTypesNot: ['type-only'] },
      comment: 'config.ts parses the environment once and knows nothing else: compute the rest where it is used.',
    }),
    {
      name: 'rooms-know-no-use-case',
      comment: 'Use cases call domain, store and clients, never the other way round: pass in what is needed.',
      severity: 'error',
      from: { path: serviceRoom('(domain|store|clients|migrations)/'), pathNot: test },
      to: { path: serviceRoom('[^/]+\\.ts$'), pathNot: serviceRoom('(config|context)\\.ts$') },
    },
    {
      name: 'peers-stand-alone',
      comment:
        'A peer of a benchmark runs in a process of its own and imports none of our code: pass values in its calls.',
      severity: 'error',
      from: { path: '^bench/src/peers/' },
      to: { path: '^(packages|services|apps|scenarios|bench)/', pathNot: '^bench/src/(peers/|answer-calls\\.ts$)' },
    },
    {
      name: 'tests-through-the-door',
      comment: "Service tests import only the service's own src, contracts, platform and testkit.",
      severity: 'error',
      from: { path: '^services/[^/]+/test' },
      to: { path: '^(apps|scenarios|bench)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|coverage|\\.turbo)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mts', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
    },
    skipAnalysisNotInRules: true,
  },
};
