interface Job {
  readonly r: number;
}

export default (job: Job): number => Math.PI * job.r ** 2;

export const greet = async (name: string): Promise<string> => `hello ${name}`;
