(component
  (import "syncline:rules/log@1.0.0" (instance))
  (import "wasi:cli/environment@0.2.6" (instance (export "get-environment" (func)))))
