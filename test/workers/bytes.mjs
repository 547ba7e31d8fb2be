// Shows what came of a view: its length, and the memory behind it.
const seen = ({ byteLength, buffer }) => ({
  length: byteLength,
  backing: buffer.byteLength,
  text: new TextDecoder("latin1").decode(new Uint8Array(buffer)),
});

let data;
export const setup = (given) => {
  data = given;
};

export default ({ view }) => seen(view);

export const given = () => seen(data.view);

export const pick = (value) => value;

class Renamed extends Float32Array {
  get [Symbol.toStringTag]() {
    return "Renamed";
  }
}

/** Gives an array of a class that calls itself something else. */
export const renamed = (length) => new Renamed(length).fill(1.5);

/** Gives a view of memory that holds more. */
export const secret = () => {
  const memory = new TextEncoder().encode("SECRET-abc-SECRET");
  return { deep: [new Map([["view", memory.subarray(7, 10)]])] };
};
