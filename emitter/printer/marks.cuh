// Says where a role is, without a branch: its clock to a sample (1), and its mark with the period in
// the upper half to a word of host memory, where it is seen while the kernel still runs (2).
DEV void mark(u32 marking, u64* sample, u64* word, u32 number, u32 period) {
  asm volatile("{\n.reg .pred clocks, progress;\n.reg .b32 wanted;\n.reg .b64 value;\n"
               "and.b32 wanted, %0, 1;\nsetp.ne.u32 clocks, wanted, 0;\n"
               "and.b32 wanted, %0, 2;\nsetp.ne.u32 progress, wanted, 0;\n"
               "mov.u64 value, %%clock64;\n@clocks st.global.u64 [%1], value;\n"
               "mov.b64 value, {%3, %4};\n@progress st.relaxed.sys.global.u64 [%2], value;\n}"
               :: "r"(marking), "l"(sample), "l"(word), "r"(number), "r"(period) : "memory");
}
