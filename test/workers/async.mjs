export default async (job) => {
  await new Promise((r) => setTimeout(r, job.ms));
  return job.value;
};
