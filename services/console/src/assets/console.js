// All that a page does in the browser beyond htmx: local times on hover, and where the focus goes after a refused form.
const localTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });

const showLocalTimes = (root) => {
  for (const element of root.querySelectorAll('time[datetime*="T"]:not([title])')) {
    element.title = localTime.format(new Date(element.dateTime));
  }
};

showLocalTimes(document);
document.addEventListener('htmx:after:swap', () => showLocalTimes(document));
document.querySelector('#refused')?.focus();
