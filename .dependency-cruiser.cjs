// The walls between the rooms (docs/architecture.md). Every comment says what to do instead.

const test = '\\.test\\.ts$';
const serviceRoom = (room) => `^services/[^/]+/src/${room}`;
const own = (room) => `^services/$1/src/${room}`;
const contracts = '^packages/contracts/';
const platform = '^packages/platform/';
const npm = (...names) => `node_modules/(${names.join('|')})/`;

/** A room and everything it may reach; the group in `from` is the service's name. */
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
      comment: 'Two files that need each other are one: move what both need into a third, or join them.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'resolves',
      comment: 'Nothing is there: correct the path, or declare the package in this package.json (`catalog:`).',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^#' },
    },
    {
      name: 'services-meet-in-contracts',
      comment: 'A service never reaches into another: hear its event or ask it, through @arcadia/contracts.',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'packages-know-no-service',
      comment: 'Packages are below services: move what is needed into a package, or the code into the service.',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^(services|apps|scenarios|bench)/' },
    },
    {
      name: 'contracts-stand-alone',
      comment: 'The shared language needs zod and decimal arithmetic only: whatever does work belongs elsewhere.',
      severity: 'error',
      from: { path: '^packages/contracts/src/', pathNot: test },
      to: { pathNot: ['^packages/contracts/', npm('zod', 'decimal\\.js'), '^(node:)?crypto$'] },
    },
    {
      name: 'platform-knows-no-business',
      comment: 'Plumbing may reach contracts and libraries: hand the business in as an argument.',
      severity: 'error',
      from: { path: '^packages/platform/src/', pathNot: test },
      to: { path: '^packages/', pathNot: [contracts, platform] },
    },
    {
      name: 'digitalocean-knows-no-business',
      comment: "The provider's client speaks the provider's words: translate them in the service's src/clients.",
      severity: 'error',
      from: { path: '^packages/digitalocean/src/', pathNot: test },
      to: { path: '^packages/', pathNot: '^packages/digitalocean/' },
    },
    {
      name: 'simulator-only-over-http',
      comment: 'Nothing but HTTP passes between the simulator and a service: reach it through its address.',
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
      comment:
        'A decision takes values and returns values: load in the use case, and hand the domain what it decides on.',
    }),
    room({
      name: 'store-asks-postgres',
      path: serviceRoom('store/'),
      reaches: [
        own('((store|domain)/|(config|context)\\.ts$)'),
        contracts,
        platform,
        npm('kysely', 'pg', 'pg-copy-streams', 'zod', 'decimal\\.js'),
        '^(node:)?(assert|crypto|stream.*)$',
      ],
      comment: 'The store turns rows into domain values: what it needs of a use case or client comes as an argument.',
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
        'A client turns a reply into a domain value: the use case gives it what it needs and stores what it got.',
    }),
    room({
      name: 'migrations-are-frozen',
      path: serviceRoom('migrations/'),
      reaches: [own('migrations/'), npm('kysely'), `${platform}src/(index|partitions)`],
      comment: 'A migration must mean the same for ever: write the SQL out instead of importing code that will change.',
    }),
    room({
      name: 'config-reads-the-environment',
      path: serviceRoom('config\\.ts$'),
      reaches: [contracts, platform, npm('zod'), '^(node:)?(fs|path)(/promises)?$'],
      // The form of what it parses may be declared where it is used.
      values: { dependencyTypesNot: ['type-only'] },
      comment: 'config.ts parses the environment once and knows nothing else: compute the rest where it is used.',
    }),
    {
      name: 'rooms-know-no-use-case',
      comment: 'Inner rooms are called by the use cases, never the other way round: pass in what is needed.',
      severity: 'error',
      from: { path: serviceRoom('(domain|store|clients|migrations)/'), pathNot: test },
      to: { path: serviceRoom('[^/]+\\.ts$'), pathNot: serviceRoom('(config|context)\\.ts$') },
    },
    {
      name: 'tests-through-the-door',
      comment: 'Service tests keep promises from outside: import own src, contracts, platform and testkit.',
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
