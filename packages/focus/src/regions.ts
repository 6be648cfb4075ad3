/** The cities of the provider's regions, by the letters with which their slugs begin. */
const cities: Readonly<Record<string, string>> = {
  ams: 'Amsterdam',
  atl: 'Atlanta',
  blr: 'Bangalore',
  fra: 'Frankfurt',
  lon: 'London',
  nyc: 'New York',
  sfo: 'San Francisco',
  sgp: 'Singapore',
  syd: 'Sydney',
  tor: 'Toronto',
};

/** The provider's name of a region: that of `syd1` is `Sydney 1`. A region in a city that is not known here is named by its slug. */
export function regionNameOf(slug: string): string {
  const [, letters = '', number = ''] = /^([a-z]+)(\d*)$/.exec(slug) ?? [];
  const city = Object.hasOwn(cities, letters) ? cities[letters] : undefined;
  return city === undefined ? slug : `${city} ${number}`.trimEnd();
}
