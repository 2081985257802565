module oomkeeper.io/test/bench/kmsgreader

go 1.26.0
