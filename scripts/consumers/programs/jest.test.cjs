const { expect, test } = require('@jest/globals');
const axios = require('axios');
const MockAdapter = require('axios-mock-adapter');
const policy = require('axios-policy');
const { defineSuite } = require('./suite.cjs');

defineSuite({ test, expect, axios, MockAdapter, policy });
