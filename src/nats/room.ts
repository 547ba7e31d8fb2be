/**
 * How many jobs a host may take: decided here, for hosts and for the simulation that plans them (bench/nats).
 *
 * @module
 */

/**
 * How soon the last of the jobs that are taken ahead is to begin, in milliseconds, and how many there are at most for each slot: the way to
 * the broker is long. While it waits another host may have nothing to do.
 */
const AHEAD = 15;
const MOST_AHEAD = 50;

/** While more answers than this are on their way to the broker, no more jobs are taken. */
const MOST_ANSWERS = 256;

/** How many jobs a host may take. */
export interface Room {
  /** To run them at once. */
  readonly free: number;
  /** Beside those, to have them at hand; only of what waits, since whoever is free is to have what comes. */
  readonly ahead: number;
  /**
   * How many are asked for at least while no slot is free. What comes together goes on together, in one packet from program to program;
   * asked for one by one, as slots get free, jobs that do nothing cost twice as much.
   */
  readonly least: number;
  /** How many are taken ahead for each slot; of several slots it may be one, so it need not be whole. What was asked for stays welcome, though jobs turn out to be longer meanwhile. */
  readonly depth: number;
}

export const NO_ROOM: Room = { free: 0, ahead: 0, least: 1, depth: 0 };

/** What a host has to do. */
export interface Load {
  /** How many jobs it can run at once. */
  readonly slots: number;
  /** Jobs that it has. */
  readonly held: number;
  /** How many of them are over, but for their answers, which the broker has yet to keep. */
  readonly answering: number;
  /** How many of them run long: none is taken to wait for one. */
  readonly blocked: number;
}

/** How many jobs each slot gets done soon, if it has to do with one for so long, in milliseconds; 0 while that is unknown. */
export function depthFor(each: number): number {
  return each === 0 ? 0 : Math.min(MOST_AHEAD, AHEAD / each);
}

/** @param depth How many may be taken ahead for each slot. */
export function roomFor({ slots, held, answering, blocked }: Load, depth: number): Room {
  // The broker does not keep up: answers would fill the memory.
  if (answering > MOST_ANSWERS) return NO_ROOM;
  const occupied = held - answering;
  const most = Math.floor(Math.max(0, slots - blocked) * depth);
  return {
    free: Math.max(0, slots - occupied),
    ahead: Math.max(0, most - Math.max(0, occupied - slots)),
    least: Math.max(1, Math.floor(most / 2)),
    depth,
  };
}
