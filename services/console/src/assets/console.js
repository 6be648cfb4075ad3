// All that a page does in the browser beyond htmx: local times on hover, where the focus goes after a refused form, and following
// what changes while the page is looked at.
const localTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });

const showLocalTimes = (root) => {
  for (const element of root.querySelectorAll('time[datetime*="T"]:not([title])')) {
    element.title = localTime.format(new Date(element.dateTime));
  }
};

showLocalTimes(document);
document.addEventListener('htmx:after:swap', () => showLocalTimes(document));
document.querySelector('#refused')?.focus();

// The page names the types of events that change it. A hidden page closes its feed, so that many open pages do not use up the
// connections of the browser; when it is looked at again it reads itself again.
const settleMs = 300;
let feed = null;
let timer = 0;
let missed = false;

const main = () => document.querySelector('main[data-live]');

// A form that is open or being filled in is left alone; a line above it shows that something has changed.
const isBusy = () =>
  document.querySelector('main details.command[open], main :is(input, select, textarea):focus') !== null;

const readAgain = () => {
  timer = 0;
  if (document.hidden) {
    missed = true;
    return;
  }
  if (isBusy()) {
    document.querySelector('#changed')?.removeAttribute('hidden');
    return;
  }
  globalThis.htmx?.ajax('GET', location.pathname + location.search, {
    target: 'main',
    select: 'main',
    swap: 'outerMorph',
  });
};

const onEvent = () => {
  timer ||= setTimeout(readAgain, settleMs);
};

const follow = () => {
  const types = main()?.dataset.live.split(' ') ?? [];
  if (types.length === 0 || document.hidden || feed !== null) return;
  feed = new EventSource('/live');
  for (const type of [...types, 'refetch']) feed.addEventListener(type, onEvent);
};

document.addEventListener('visibilitychange', () => {
  if (document.hidden) {
    feed?.close();
    feed = null;
    missed = true;
    return;
  }
  follow();
  if (missed && main() !== null) readAgain();
  missed = false;
});
follow();
