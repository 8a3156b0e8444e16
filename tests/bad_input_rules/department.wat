;; A rule for a second layer. It hands on what the first layer decided for `department`, and does to
;; its own call what a department's first byte says: `!` traps, `~` never ends, `^` takes all memory.
;; With a scoping stage it lets in only people whose department begins with `E`.
;;
;; Words in double braces are filled in by bad_input_rules.rs.
(module
  (memory (export "memory") 160)
  (global $next (mut i32) (i32.const 65536))
  (data (i32.const 1024) "department")
  (data (i32.const 1040) "hostile")
  (data (i32.const 1048) "1.0.0")
  (data (i32.const 1056) "does what a department says")
  (data (i32.const 1088) "NotEngineering")
  (data (i32.const 1104) "only engineers are let in")

  (func $alloc (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (global.get $next))
    (global.set $next
      (i32.and (i32.add (i32.add (global.get $next) (local.get $size)) (i32.const 7)) (i32.const -8)))
    (local.get $at))

  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (call $alloc (local.get 3)))

  ;; Writes a text or a list: where it is and how long.
  (func $put (param $at i32) (param $where i32) (param $length i32)
    (i32.store (local.get $at) (local.get $where))
    (i32.store offset=4 (local.get $at) (local.get $length)))

  ;; The description: one ruleset, for users, at 128; its lists from 256 on.
  (func (export "syncline:rules/manifest@1.0.0#configure") (param i32 i32) (result i32)
    (call $put (i32.const 68) (i32.const 1040) (i32.const 7))
    (call $put (i32.const 76) (i32.const 1048) (i32.const 5))
    (call $put (i32.const 84) (i32.const 1056) (i32.const 27))
    (call $put (i32.const 92) (i32.const 128) (i32.const 1))
    ;; It reads `department`.
    (call $put (i32.const 132) (i32.const 256) (i32.const 1))
    (call $put (i32.const 256) (i32.const 1024) (i32.const 10))
    ;; Every stage has it as its one input: the first column, which zeros say.
    (i32.store8 (i32.const 148) (i32.const {{scopes}}))
    (call $put (i32.const 152) (i32.const 264) (i32.const 1))
    (i32.store8 (i32.const 180) (i32.const 1))
    (call $put (i32.const 184) (i32.const 264) (i32.const 1))
    ;; One output, `department`.
    (call $put (i32.const 192) (i32.const 280) (i32.const 1))
    (call $put (i32.const 280) (i32.const 1024) (i32.const 10))
    (call $put (i32.const 292) (i32.const 264) (i32.const 1))
    (i32.const 64))

  ;; Returns the first byte of a row's department, 0 where there is none.
  (func $first (param $row i32) (result i32)
    (local $value i32)
    (local.set $value (i32.load (local.get $row)))
    (if (i32.ne (i32.load8_u (local.get $value)) (i32.const 1)) (then (return (i32.const 0))))
    (i32.load8_u (i32.load offset=8 (local.get $value))))

  (func $answer (param $list i32) (param $count i32) (result i32)
    (local $at i32)
    (local.set $at (call $alloc (i32.const 20)))
    (call $put (i32.add (local.get $at) (i32.const 4)) (local.get $list) (local.get $count))
    (local.get $at))

  (func (export "syncline:rules/scoping@1.0.0#decide") (param $args i32) (result i32)
    (local $row i32) (local $left i32) (local $list i32) (local $at i32)
    (local.set $row (i32.load offset=104 (local.get $args)))
    (local.set $left (i32.load offset=108 (local.get $args)))
    (local.set $list (call $alloc (i32.mul (local.get $left) (i32.const 20))))
    (local.set $at (local.get $list))
    (block $done (loop $more
      (br_if $done (i32.eqz (local.get $left)))
      (if (i32.ne (call $first (local.get $row)) (i32.const 69)) (then
        (i32.store8 (local.get $at) (i32.const 1))
        (call $put (i32.add (local.get $at) (i32.const 4)) (i32.const 1088) (i32.const 14))
        (call $put (i32.add (local.get $at) (i32.const 12)) (i32.const 1104) (i32.const 25))))
      (local.set $row (i32.add (local.get $row) (i32.const 20)))
      (local.set $at (i32.add (local.get $at) (i32.const 20)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br $more)))
    (call $answer (local.get $list) (i32.load offset=108 (local.get $args))))

  ;; It declares no keys, so it is not asked for any.
  (func (export "syncline:rules/matching@1.0.0#keys") (param i32) (result i32) unreachable)

  (func (export "syncline:rules/mapping@1.0.0#apply") (param $args i32) (result i32)
    (local $row i32) (local $left i32) (local $list i32) (local $at i32) (local $first i32)
    (local.set $row (i32.load offset=104 (local.get $args)))
    (local.set $left (i32.load offset=108 (local.get $args)))
    (local.set $list (call $alloc (i32.mul (local.get $left) (i32.const 20))))
    (local.set $at (local.get $list))
    (block $done (loop $more
      (br_if $done (i32.eqz (local.get $left)))
      (local.set $first (call $first (local.get $row)))
      (if (i32.eq (local.get $first) (i32.const 33)) (then unreachable))
      (if (i32.eq (local.get $first) (i32.const 126)) (then (loop $ever (br $ever))))
      (if (i32.eq (local.get $first) (i32.const 94)) (then
        (loop $grow (br_if $grow (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
        unreachable))
      ;; `write`, no shape, and the earlier layer's change as it came.
      (call $put (i32.add (local.get $at) (i32.const 8))
        (i32.load offset=20 (local.get $row)) (i32.load offset=24 (local.get $row)))
      (local.set $row (i32.add (local.get $row) (i32.const 28)))
      (local.set $at (i32.add (local.get $at) (i32.const 20)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br $more)))
    (call $answer (local.get $list) (i32.load offset=108 (local.get $args)))))
