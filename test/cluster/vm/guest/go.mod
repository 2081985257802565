module oomkeeper.io/test/cluster/vm/guest

go 1.26.0
