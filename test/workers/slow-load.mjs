await new Promise((resolve) => setTimeout(resolve, 20_000));
export default () => 1;
