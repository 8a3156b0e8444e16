;; A rule whose behaviour is chosen by the first byte of a row's first value, so that one component
;; serves every case. Words in double braces are filled in by guest.rs.
(module
  (import "syncline:rules/tables@{{version}}" "lookup"
    (func $lookup (param i32 i32 i32 i32 i32)))
  (import "syncline:rules/log@{{version}}" "write" (func $log (param i32 i32 i32)))
  {{import}}

  (memory (export "memory") {{pages}})
  (global $next (mut i32) (i32.const 65536))
  ;; Counts the calls of an instance's stages: a store that serves twice would show.
  (global $calls (mut i32) (i32.const 0))

  (data (i32.const 64) "{{description}}")
  (data (i32.const 32768) "TestCode")
  (data (i32.const 32784) "because \1b[31m of the test")
  (data (i32.const 32816) "secret")
  (data (i32.const 32832) "regions")
  (data (i32.const 32848) "\ff\fe\fd\fc")

  (func $alloc (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (global.get $next))
    (global.set $next
      (i32.and (i32.add (i32.add (global.get $next) (local.get $size)) (i32.const 7)) (i32.const -8)))
    (local.get $at))

  (func $forever (loop $again (br $again)))

  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    {{realloc}}
    (call $alloc (local.get 3)))

  (func (export "syncline:rules/manifest@{{version}}#configure") (param i32 i32) (result i32)
    {{configure}}
    (i32.const 64))

  ;; Returns the first byte of a row's first value, if that is a text.
  (func $marker (param $row i32) (result i32)
    (local $value i32)
    (local.set $value (i32.load (local.get $row)))
    (if (i32.eqz (i32.load offset=4 (local.get $row))) (then (return (i32.const 0))))
    (if (i32.ne (i32.load8_u (local.get $value)) (i32.const 1)) (then (return (i32.const 0))))
    (if (i32.eqz (i32.load offset=12 (local.get $value))) (then (return (i32.const 0))))
    (i32.load8_u (i32.load offset=8 (local.get $value))))

  ;; What a row does to the whole call.
  (func $misbehave (param $marker i32)
    (local $count i32)
    (if (i32.eq (local.get $marker) (i32.const 33)) (then unreachable)) ;; !
    (if (i32.eq (local.get $marker) (i32.const 126)) (then (call $forever))) ;; ~
    (if (i32.eq (local.get $marker) (i32.const 94)) ;; ^
      (then (loop $again (drop (memory.grow (i32.const 100))) (br $again))))
    (if (i32.eq (local.get $marker) (i32.const 63)) ;; ? looks into an undeclared table
      (then (call $lookup (i32.const 32816) (i32.const 6) (i32.const 32816) (i32.const 6)
              (call $alloc (i32.const 12)))))
    (if (i32.eq (local.get $marker) (i32.const 62)) ;; > logs for ever
      (then (loop $again
        (call $log (i32.const 1) (i32.const 32784) (i32.const 25)) (br $again))))
    (if (i32.eq (local.get $marker) (i32.const 60)) ;; < says why, then traps
      (then (call $log (i32.const 3) (i32.const 32784) (i32.const 25)) unreachable))
    (if (i32.eq (local.get $marker) (i32.const 123)) ;; { looks for ever for what is not there
      (then (loop $again
        (call $lookup (i32.const 32832) (i32.const 7) (i32.const 32816) (i32.const 6)
          (i32.const 32864)) (br $again))))
    (if (i32.eq (local.get $marker) (i32.const 125)) ;; } logs 60 MiB at once
      (then (drop (memory.grow (i32.sub (i32.const 1000) (memory.size))))
        (call $log (i32.const 1) (i32.const 1048576) (i32.const 62914560))))
    (if (i32.eq (local.get $marker) (i32.const 59)) ;; ; fills all of its memory for ever
      (then (loop $again
        (memory.fill (i32.const 1048576) (i32.const 0)
          (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 1048576)))
        (br $again))))
    (if (i32.eq (local.get $marker) (i32.const 124)) ;; | recurses
      (then (call $misbehave (local.get $marker)) (call $misbehave (local.get $marker)))))

  (func $reason (param $at i32)
    (i32.store (local.get $at) (i32.const 32768))
    (i32.store offset=4 (local.get $at) (i32.const 8))
    (i32.store offset=8 (local.get $at) (i32.const 32784))
    (i32.store offset=12 (local.get $at) (i32.const 25)))

  ;; Returns `ok` of this list, one shorter if any row said `=`.
  (func $answer (param $list i32) (param $count i32) (param $short i32) (result i32)
    (local $at i32)
    (local.set $at (call $alloc (i32.const 20)))
    (i32.store8 (local.get $at) (i32.const 0))
    (i32.store offset=4 (local.get $at) (local.get $list))
    (i32.store offset=8 (local.get $at) (i32.sub (local.get $count) (local.get $short)))
    (local.get $at))

  (func (export "syncline:rules/scoping@{{version}}#decide") (param $args i32) (result i32)
    (local $row i32) (local $left i32) (local $list i32) (local $at i32) (local $marker i32)
    (local $short i32)
    (local.set $row (i32.load offset=104 (local.get $args)))
    (local.set $left (i32.load offset=108 (local.get $args)))
    (local.set $list (call $alloc (i32.mul (local.get $left) (i32.const 20))))
    (local.set $at (local.get $list))
    (block $done (loop $next
      (br_if $done (i32.eqz (local.get $left)))
      (local.set $marker (call $marker (local.get $row)))
      (call $misbehave (local.get $marker))
      (if (i32.eq (local.get $marker) (i32.const 61)) (then (local.set $short (i32.const 1)))) ;; =
      (if (i32.eq (local.get $marker) (i32.const 111)) ;; o is out of scope
        (then (i32.store8 (local.get $at) (i32.const 1))
          (call $reason (i32.add (local.get $at) (i32.const 4)))))
      (if (i32.eq (local.get $marker) (i32.const 43)) ;; + is held
        (then (i32.store8 (local.get $at) (i32.const 2))
          (call $reason (i32.add (local.get $at) (i32.const 4)))))
      (local.set $row (i32.add (local.get $row) (i32.const 20)))
      (local.set $at (i32.add (local.get $at) (i32.const 20)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br $next)))
    (call $answer (local.get $list) (i32.load offset=108 (local.get $args)) (local.get $short)))

  ;; One key a row: its first value, tier 1; `&` names an attribute that is not there.
  (func (export "syncline:rules/matching@{{version}}#keys") (param $args i32) (result i32)
    (local $row i32) (local $left i32) (local $list i32) (local $at i32) (local $marker i32)
    (local $key i32) (local $value i32)
    (local.set $row (i32.load offset=104 (local.get $args)))
    (local.set $left (i32.load offset=108 (local.get $args)))
    (local.set $list (call $alloc (i32.mul (local.get $left) (i32.const 20))))
    (local.set $at (local.get $list))
    (block $done (loop $next
      (br_if $done (i32.eqz (local.get $left)))
      (local.set $marker (call $marker (local.get $row)))
      (call $misbehave (local.get $marker))
      (local.set $value (i32.load (local.get $row)))
      (local.set $key (call $alloc (i32.const 16)))
      (i32.store (local.get $key) (select (i32.const 7) (i32.const 0)
        (i32.eq (local.get $marker) (i32.const 38))))
      (i64.store offset=4 align=4 (local.get $key) (i64.load offset=8 (local.get $value)))
      (i32.store8 offset=12 (local.get $key) (i32.const 1))
      (i32.store offset=4 (local.get $at) (local.get $key))
      (i32.store offset=8 (local.get $at) (i32.const 1))
      (if (i32.eq (local.get $marker) (i32.const 43)) ;; + is held
        (then (i32.store8 (local.get $at) (i32.const 1))
          (call $reason (i32.add (local.get $at) (i32.const 4)))))
      (local.set $row (i32.add (local.get $row) (i32.const 20)))
      (local.set $at (i32.add (local.get $at) (i32.const 20)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br $next)))
    (call $answer (local.get $list) (i32.load offset=108 (local.get $args)) (i32.const 0)))

  ;; Sets every output to the row's first value.
  (func (export "syncline:rules/mapping@{{version}}#apply") (param $args i32) (result i32)
    (local $row i32) (local $left i32) (local $list i32) (local $at i32) (local $marker i32)
    (local $short i32) (local $changes i32) (local $value i32) (local $index i32)
    (local $seen i32) (local $before i32)
    (local.set $row (i32.load offset=104 (local.get $args)))
    (local.set $left (i32.load offset=108 (local.get $args)))
    (local.set $list (call $alloc (i32.mul (local.get $left) (i32.const 20))))
    (local.set $at (local.get $list))
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (if (i32.gt_u (global.get $calls) (i32.const 1)) (then unreachable))
    (block $done (loop $next
      (br_if $done (i32.eqz (local.get $left)))
      (local.set $marker (call $marker (local.get $row)))
      (call $misbehave (local.get $marker))
      (local.set $value (i32.load (local.get $row)))
      (local.set $changes (call $alloc (i32.const {{changes-bytes}})))
      (local.set $index (i32.const 0))
      (block $filled (loop $fill
        (br_if $filled (i32.eq (local.get $index) (i32.const {{changes-bytes}})))
        (i32.store8 (i32.add (local.get $changes) (local.get $index)) (i32.const 2))
        (memory.copy (i32.add (i32.add (local.get $changes) (local.get $index)) (i32.const 8))
          (local.get $value) (i32.const 16))
        (local.set $index (i32.add (local.get $index) (i32.const 24)))
        (br $fill)))
      (i32.store8 offset=4 (local.get $at) (i32.const {{shape}}))
      (i32.store8 offset=5 (local.get $at) (i32.const {{shape}})) ;; external-member
      (i32.store offset=8 (local.get $at) (local.get $changes))
      (i32.store offset=12 (local.get $at) (i32.const {{changes}}))
      (if (i32.eq (local.get $marker) (i32.const 61)) (then (local.set $short (i32.const 1)))) ;; =
      (if (i32.eq (local.get $marker) (i32.const 64)) ;; @ gives no shape
        (then (i32.store8 offset=4 (local.get $at) (i32.const 0))))
      (if (i32.eq (local.get $marker) (i32.const 35)) ;; # gives no changes
        (then (i32.store offset=12 (local.get $at) (i32.const 0))))
      (if (i32.eq (local.get $marker) (i32.const 37)) ;; % sets true instead of a text
        (then (i32.store8 offset=8 (local.get $changes) (i32.const 2))
          (i32.store8 offset=16 (local.get $changes) (i32.const 1))))
      (if (i32.eq (local.get $marker) (i32.const 36)) ;; $ sets what is no UTF-8
        (then (i32.store offset=16 (local.get $changes) (i32.const 32848))
          (i32.store offset=20 (local.get $changes) (i32.const 4))))
      (if (i32.eq (local.get $marker) (i32.const 42)) ;; * sets a text of 2 MiB
        (then (i32.store offset=16 (local.get $changes) (i32.const 1048576))
          (i32.store offset=20 (local.get $changes) (i32.const 2097152))))
      (if (i32.eq (local.get $marker) (i32.const 47)) ;; / sets a text of 9 MiB
        (then (i32.store offset=16 (local.get $changes) (i32.const 1048576))
          (i32.store offset=20 (local.get $changes) (i32.const 9437184))))
      (if (i32.eq (local.get $marker) (i32.const 92)) ;; \ sets a text beyond memory
        (then (i32.store offset=20 (local.get $changes) (i32.const -1))))
      (if (i32.eq (local.get $marker) (i32.const 115)) ;; s names the column of the next digit
        (then (local.set $index (i32.const 0))
          (block $named (loop $name
            (br_if $named (i32.eq (local.get $index) (i32.const {{changes-bytes}})))
            (i32.store8 (i32.add (local.get $changes) (local.get $index)) (i32.const 3))
            (i32.store offset=8 (i32.add (local.get $changes) (local.get $index))
              (i32.sub (i32.load8_u offset=1 (i32.load offset=8 (local.get $value)))
                (i32.const 48)))
            (local.set $index (i32.add (local.get $index) (i32.const 24)))
            (br $name)))))
      (if (i32.eq (local.get $marker) (i32.const 99)) ;; c clears
        (then (i32.store8 (local.get $changes) (i32.const 1))))
      (if (i32.eq (local.get $marker) (i32.const 101)) ;; e hands on what was decided earlier
        (then (if (i32.load offset=24 (local.get $row))
          (then (memory.copy (local.get $changes) (i32.load offset=20 (local.get $row))
            (i32.const {{changes-bytes}}))))))
      (if (i32.eq (local.get $marker) (i32.const 116)) ;; t sets the table's first value for `secret`
        (then (call $lookup (i32.const 32832) (i32.const 7) (i32.const 32816) (i32.const 6)
                (i32.const 32864))
          (if (i32.load8_u (i32.const 32864)) (then
            (i64.store offset=16 (local.get $changes)
              (i64.load align=4 (i32.load (i32.const 32868))))))))
      (if (i32.eq (local.get $marker) (i32.const 110)) ;; n sets the time, or clears
        (then (if (i32.load8_u offset=12 (local.get $args))
          (then (i64.store offset=16 (local.get $changes)
            (i64.load offset=16 (local.get $args))))
          (else (i32.store8 (local.get $changes) (i32.const 1))))))
      (if (i32.eq (local.get $marker) (i32.const 98)) ;; b answers by how many rows there are
        (then (if (i32.gt_u (i32.load offset=108 (local.get $args)) (i32.const 1))
          (then (i32.store8 (local.get $changes) (i32.const 1))))))
      (if (i32.eq (local.get $marker) (i32.const 107)) ;; k answers by how many k were asked about before
        (then (if (local.get $seen) (then (i32.store8 (local.get $changes) (i32.const 1))))
          (local.set $seen (i32.const 1))))
      (if (i32.eq (local.get $marker) (i32.const 108)) ;; l answers by whether a z stands before it
        (then (if (i32.eq (local.get $before) (i32.const 122))
          (then (i32.store8 (local.get $changes) (i32.const 1))))))
      (local.set $before (local.get $marker))
      (if (i32.eq (local.get $marker) (i32.const 117)) ;; u clears what it has set
        (then (if (i32.load8_u offset=8 (local.get $row))
          (then (i32.store8 (local.get $changes) (i32.const 1))))))
      (if (i32.eq (local.get $marker) (i32.const 118)) ;; v cannot decide about what it has made
        (then (if (i32.load8_u offset=8 (local.get $row))
          (then (i32.store8 (local.get $at) (i32.const 2))
            (call $reason (i32.add (local.get $at) (i32.const 4)))))))
      (if (i32.eq (local.get $marker) (i32.const 45)) ;; - is skipped
        (then (i32.store8 (local.get $at) (i32.const 1))
          (call $reason (i32.add (local.get $at) (i32.const 4)))))
      (if (i32.eq (local.get $marker) (i32.const 43)) ;; + is held
        (then (i32.store8 (local.get $at) (i32.const 2))
          (call $reason (i32.add (local.get $at) (i32.const 4)))))
      (if (i32.eq (local.get $marker) (i32.const 120)) ;; x refuses the whole call
        (then (local.set $at (call $alloc (i32.const 20)))
          (i32.store8 (local.get $at) (i32.const 1))
          (call $reason (i32.add (local.get $at) (i32.const 4)))
          (return (local.get $at))))
      (local.set $row (i32.add (local.get $row) (i32.const 28)))
      (local.set $at (i32.add (local.get $at) (i32.const 20)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br $next)))
    (call $answer (local.get $list) (i32.load offset=108 (local.get $args)) (local.get $short)))

  {{more}})
