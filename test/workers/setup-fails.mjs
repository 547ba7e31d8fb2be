export const setup = () => {
  throw new RangeError("no licence");
};
export default () => 1;
