package speed

// README is the cell that the benchmark's README shows.
const README = "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|"

// Archs lists twelve cells that stand for the space, as [cell.Resolve] takes
// them: those that are bound by arithmetic and by memory, and some in between.
func Archs() []string {
	return []string{
		"all_c3x3",
		README,
		"all_c1x1",
		"all_idnt",
		"|avg_pool_3x3~0|+|avg_pool_3x3~0|avg_pool_3x3~1|+|avg_pool_3x3~0|avg_pool_3x3~1|avg_pool_3x3~2|",
		"11", "157", "1000", "4000", "9000", "13000", "15624",
	}
}
