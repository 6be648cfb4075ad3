/** The most memory that this process has from now on, in MB. */
export function watchMemory() {
  let most = 0;
  const look = () => {
    most = Math.max(most, process.memoryUsage.rss() / 1024 / 1024);
  };
  const watch = setInterval(look, 50);
  return {
    stop() {
      clearInterval(watch);
      look();
      return Math.round(most);
    },
  };
}
