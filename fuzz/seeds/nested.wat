(component
  (component $a (core module $m) (core instance (instantiate $m)))
  (component $b
    (alias outer 1 $a (component $x))
    (instance (instantiate $x)) (instance (instantiate $x)) (instance (instantiate $x)))
  (instance (instantiate $b)) (instance (instantiate $b)))
