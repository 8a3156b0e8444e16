;; A rule whose answers are chosen byte by byte: hexadecimal digits in a row's first value, or behind the
;; first six characters of its settings, are laid out at 65536, and that is what it answers.
(module
  (memory (export "memory") 16)
  (global $next (mut i32) (i32.const 262144))

  ;; A good description: reads `department`, writes `department`, `accountEnabled` and `otherMails`.
  (data (i32.const 64) "\00\00\00\00"
    "\00\02\00\00\04\00\00\00" "\00\02\00\00\04\00\00\00" "\00\02\00\00\04\00\00\00"
    "\80\00\00\00\01\00\00\00")
  (data (i32.const 128) "\00\00\00\00"
    "\00\01\00\00\01\00\00\00" "\00\00\00\00\00\00\00\00"
    "\01\00\00\00" "\10\01\00\00\01\00\00\00"
    "\01\00\00\00" "\20\01\00\00\01\00\00\00" "\10\01\00\00\01\00\00\00"
    "\01\00\00\00" "\10\01\00\00\01\00\00\00" "\30\01\00\00\03\00\00\00" "\01\00\00\00"
    "\00\00\00\00\00\00\00\00")
  (data (i32.const 256) "\08\02\00\00\0a\00\00\00")
  (data (i32.const 272) "\00\00\00\00\00\00\00\00\00\00\00\00")
  (data (i32.const 288) "\14\02\00\00\04\00\00\00")
  (data (i32.const 304)
    "\08\02\00\00\0a\00\00\00" "\00\00\00\00" "\10\01\00\00\01\00\00\00"
    "\1c\02\00\00\0e\00\00\00" "\00\00\00\00" "\10\01\00\00\01\00\00\00"
    "\2c\02\00\00\0a\00\00\00" "\00\00\00\00" "\10\01\00\00\01\00\00\00")
  (data (i32.const 512) "fuzz")
  (data (i32.const 520) "department")
  (data (i32.const 532) "mail")
  (data (i32.const 540) "accountEnabled")
  (data (i32.const 556) "otherMails")

  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (global.get $next))
    (global.set $next
      (i32.and (i32.add (i32.add (global.get $next) (local.get 3)) (i32.const 7)) (i32.const -8)))
    (local.get $at))

  (func $digit (param $character i32) (result i32)
    (select
      (i32.sub (local.get $character) (i32.const 48))
      (i32.sub (local.get $character) (i32.const 87))
      (i32.lt_u (local.get $character) (i32.const 97))))

  ;; Lays out what these digits spell; returns where.
  (func $decode (param $from i32) (param $length i32) (result i32)
    (local $to i32) (local $end i32)
    (local.set $to (i32.const 65536))
    (local.set $end (i32.add (local.get $from) (i32.and (local.get $length) (i32.const -2))))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $from) (local.get $end)))
      (i32.store8 (local.get $to) (i32.or
        (i32.shl (call $digit (i32.load8_u (local.get $from))) (i32.const 4))
        (call $digit (i32.load8_u offset=1 (local.get $from)))))
      (local.set $to (i32.add (local.get $to) (i32.const 1)))
      (local.set $from (i32.add (local.get $from) (i32.const 2)))
      (br $next)))
    (i32.const 65536))

  (func (export "syncline:rules/manifest@{{version}}#configure") (param $at i32) (param $length i32)
    (result i32)
    (if (i32.lt_u (local.get $length) (i32.const 8)) (then (return (i32.const 64))))
    (call $decode (i32.add (local.get $at) (i32.const 6))
      (i32.sub (local.get $length) (i32.const 8))))

  (func $answer (param $args i32) (result i32)
    (local $value i32)
    (local.set $value (i32.load (i32.load offset=104 (local.get $args))))
    (call $decode (i32.load offset=8 (local.get $value)) (i32.load offset=12 (local.get $value))))

  (func (export "syncline:rules/scoping@{{version}}#decide") (param i32) (result i32)
    (call $answer (local.get 0)))
  (func (export "syncline:rules/matching@{{version}}#keys") (param i32) (result i32)
    (call $answer (local.get 0)))
  (func (export "syncline:rules/mapping@{{version}}#apply") (param i32) (result i32)
    (call $answer (local.get 0))))
