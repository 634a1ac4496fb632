// Every line that ends in the mark has to be refused, and no other line of any program may be.
import axios from 'axios';
import { attachPolicy, getPolicyMetadata, type RetryBudget } from 'axios-policy';

attachPolicy(axios, { retry: { maxRetry: 1 } }); // refused
void axios.get('/', { policy: { tiemout: 1 } }); // refused
void axios.get('/', { policy: true }); // refused
getPolicyMetadata({}).attempts; // refused
export const budget: RetryBudget = { withdraw: () => true }; // refused
attachPolicy({}); // refused
