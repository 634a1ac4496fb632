import { expect, test } from '@jest/globals';
import axios from 'axios';
import MockAdapter from 'axios-mock-adapter';
import * as policy from 'axios-policy';
import { defineSuite } from './suite.cjs';

defineSuite({ test, expect, axios, MockAdapter, policy });
