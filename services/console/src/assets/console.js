// All that a page does in the browser beyond htmx: local times on hover, where the focus goes after a refused form, and following
// what changes while the page is looked at.
const localTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });

const showLocalTimes = () => {
  for (const element of document.querySelectorAll('time[datetime*="T"]:not([title])')) {
    element.title = localTime.format(new Date(element.dateTime));
  }
};

showLocalTimes();
document.querySelector('#refused')?.focus();

// The page names the types of events that change it. A hidden page closes its feeds, so that many open pages do not use up the
// connections of the browser; when it is looked at again it reads itself again.
const settleMs = 300;
let feed = null;
let work = null;
let timer = 0;
let missed = false;

const isChanged = (field) => {
  if (field.type === 'checkbox' || field.type === 'radio') return field.checked !== field.defaultChecked;
  if (field.options === undefined) return field.value !== field.defaultValue;
  const chosen = [...field.options].findIndex((option) => option.defaultSelected);
  return field.selectedIndex !== Math.max(chosen, 0);
};

// What is open, ticked or being filled in is left alone; a line at the top shows that something has changed.
const isBusy = () =>
  document.querySelector('main details[open], main :is(input, select, textarea):focus') !== null ||
  [...document.querySelectorAll('main :is(input:not([type="hidden"]), select, textarea)')].some(isChanged);

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

const soon = (milliseconds) => {
  timer ||= setTimeout(readAgain, milliseconds);
};

const followChanges = () => {
  const types = document.querySelector('main[data-live]')?.dataset.live.split(' ') ?? [];
  if (types.length === 0 || feed !== null) return;
  feed = new EventSource('/live');
  for (const type of [...types, 'refetch']) feed.addEventListener(type, () => soon(settleMs));
};

// Work in progress is shown by a feed of its own, which changes nothing else on the page until the work is over.
const followWork = () => {
  const address = document.querySelector('#work')?.dataset.feed;
  if (address === undefined || work !== null) return;
  work = new EventSource(address);
  work.addEventListener('work', ({ data }) => {
    const place = document.querySelector('#work');
    if (place !== null) place.innerHTML = data;
    showLocalTimes();
  });
  work.addEventListener('over', () => {
    leave();
    const place = document.querySelector('#work');
    if (place !== null) place.textContent = 'Done.';
    soon(0);
  });
};

const follow = () => {
  if (document.hidden) return;
  followChanges();
  followWork();
};

// A page with this mark waits for something that no event announces.
setInterval(() => {
  if (document.querySelector('main [data-read-again]') !== null && !document.hidden && !isBusy()) readAgain();
}, 1000);

const leave = () => {
  work?.close();
  work = null;
};

document.addEventListener('htmx:after:swap', () => {
  showLocalTimes();
  follow();
});
document.addEventListener('visibilitychange', () => {
  if (document.hidden) {
    feed?.close();
    feed = null;
    leave();
    missed = true;
    return;
  }
  if (missed) readAgain();
  missed = false;
  follow();
});
follow();
