// Time that is made of nothing: what is to happen happens in its order, at once.

/** A clock, as the library's own. */
export class Time {
  #now = 0;
  #count = 0;
  /** A heap: what comes first is at the front. Of the same moment, what was asked for first. */
  #calls = [];

  now() {
    return this.#now;
  }

  /** Calls `run` in so many milliseconds. */
  schedule(delay, run) {
    const call = { at: this.#now + delay, number: this.#count++, run };
    this.#insert(call);
    return { cancel: () => void (call.run = null), hold() {} };
  }

  /** Goes to the next call and makes it; false if there is none. */
  step() {
    const call = this.#first();
    if (!call) return false;
    // What was cancelled takes no time.
    if (!call.run) return true;
    this.#now = call.at;
    call.run();
    return true;
  }

  #insert(call) {
    const calls = this.#calls;
    let place = calls.push(call) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (!isBefore(call, calls[above])) break;
      calls[place] = calls[above];
      place = above;
    }
    calls[place] = call;
  }

  #first() {
    const calls = this.#calls;
    const first = calls[0];
    const last = calls.pop();
    if (calls.length === 0) return first;
    let place = 0;
    for (let below = 1; below < calls.length; below = 2 * place + 1) {
      if (below + 1 < calls.length && isBefore(calls[below + 1], calls[below])) below++;
      if (!isBefore(calls[below], last)) break;
      calls[place] = calls[below];
      place = below;
    }
    calls[place] = last;
    return first;
  }
}

function isBefore(a, b) {
  return a.at < b.at || (a.at === b.at && a.number < b.number);
}
