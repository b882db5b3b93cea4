abi <abi/4.0>,
include <tunables/global>
profile jail "@JAIL@" flags=(unconfined) {
  userns,
}
