/** What the component exports: the rule of `rule.mjs`. There is nothing to change here. */

import "./sealed.mjs";

import { write } from "syncline:rules/log@1.0.0";
import { lookup } from "syncline:rules/tables@1.0.0";

import rule from "./rule.mjs";
import { component } from "./syncline.mjs";

const exported = component(rule, { lookup, write });

export const manifest = exported.manifest;
export const scoping = exported.scoping;
export const matching = exported.matching;
export const mapping = exported.mapping;
