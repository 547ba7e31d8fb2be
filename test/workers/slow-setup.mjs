export const setup = () => new Promise((resolve) => setTimeout(resolve, 20_000));
export default () => "late";
