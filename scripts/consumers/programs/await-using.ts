import axios from 'axios';
import { attachPolicy } from 'axios-policy';

export async function use(): Promise<number> {
  await using policy = attachPolicy(axios.create());
  return policy.stats().attempts;
}
