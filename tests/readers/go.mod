module slowburn/readers

go 1.19

require (
	golang.org/x/net v0.5.0
	gopkg.in/yaml.v2 v2.4.0
	gopkg.in/yaml.v3 v3.0.1
	sigs.k8s.io/yaml v1.4.0
)
