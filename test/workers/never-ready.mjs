// Offers nothing and stays (for a bounded time).
setTimeout(() => {}, 20_000);
