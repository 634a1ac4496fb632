import axios from 'axios';
import * as policy from 'axios-policy';
import scenario from './scenario.cjs';

await scenario(axios, policy);
