// Launches the kernel block by block. Standard input has the launch (runner.py writes it); arrays
// are files, which are read before and written after.
#pragma once
#include "host_prelude.h"
#include <csignal>
#include <iostream>
#include <string>
#include <tuple>
#include <utility>

namespace host {

struct Array { std::string path; u8* data; size_t bytes; };
std::vector<Array> arrays;
std::vector<std::vector<u64>> parameters;  // the bytes of each

// Between two pages that nobody may touch; it ends where the last one begins, but for 15 bytes.
Array read_array(const std::string& path) {
  FILE* file = fopen(path.c_str(), "rb");
  fseek(file, 0, SEEK_END);
  const size_t bytes = ftell(file), page = 4096, used = (bytes + page - 1) / page * page + page;
  rewind(file);
  u8* area = static_cast<u8*>(mmap(nullptr, used + page, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  mprotect(area, page, PROT_NONE);
  mprotect(area + used, page, PROT_NONE);
  u8* data = area + used - (bytes + 15) / 16 * 16;
  if (fread(data, 1, bytes, file) != bytes) fail(FAULT, "cannot read " + path);
  fclose(file);
  return {path, data, bytes};
}

Map* read_map() {
  Map* map = new Map();
  int array;
  std::cin >> array >> map->rank >> map->element >> map->is_f32 >> map->swizzle;
  for (int i = 0; i < map->rank; ++i) std::cin >> map->dims[i] >> map->box[i];
  long long stride = map->element;
  for (int i = 0; i < map->rank; ++i) map->strides[i] = stride, stride *= map->dims[i];
  map->array = arrays[array].data;
  return map;
}

void read_launch() {
  std::string word;
  while (std::cin >> word) {
    std::vector<u64> bytes(16, 0);
    if (word == "block") std::cin >> blockDim.x >> shared_bytes >> seed;
    if (word == "grid") std::cin >> gridDim.x >> gridDim.y >> gridDim.z;
    if (word == "array") {
      std::cin >> word;
      arrays.push_back(read_array(word));
      continue;
    }
    if (word == "map") bytes[0] = u64(read_map());
    else if (word == "pointer") {
      int array;
      std::cin >> array;
      bytes[0] = u64(arrays[array].data);
    } else if (word == "word") std::cin >> bytes[0];
    else continue;
    parameters.push_back(bytes);
  }
}

template <class T> T parameter(size_t i) {
  T value;
  memcpy(&value, parameters[i].data(), sizeof value);
  return value;
}

template <class... Types, size_t... I>
void call(void (*kernel)(Types...), std::index_sequence<I...>) {
  kernel(parameter<std::remove_const_t<Types>>(I)...);
}

template <class... Types> int launch(void (*kernel)(Types...)) {
  read_launch();
  if (parameters.size() != sizeof...(Types)) fail(FAULT, "the kernel has other parameters");
  static u8 own_stack[1 << 16];
  stack_t other{};
  other.ss_sp = own_stack, other.ss_size = sizeof own_stack;
  sigaltstack(&other, nullptr);
  struct sigaction act{};
  act.sa_handler = [](int) { fault("touches memory that is no array's"); };
  act.sa_flags = SA_ONSTACK;
  sigaction(SIGSEGV, &act, nullptr);
  thread_main = [=] { call(kernel, std::index_sequence_for<Types...>()); };
  random_state = seed;
  blockDim.y = blockDim.z = 1;
  for (blockIdx.z = 0; blockIdx.z < gridDim.z; ++blockIdx.z)
    for (blockIdx.y = 0; blockIdx.y < gridDim.y; ++blockIdx.y)
      for (blockIdx.x = 0; blockIdx.x < gridDim.x; ++blockIdx.x) {
        start_shared(blockDim.x);
        start_fibers(blockDim.x);
        product_groups = std::vector<Group>(blockDim.x / GROUP);
        for (auto start : at_start) start();
        run_fibers();
        for (auto check : at_end) check();
      }
  for (Array& array : arrays) {
    FILE* file = fopen(array.path.c_str(), "wb");
    fwrite(array.data, 1, array.bytes, file);
    fclose(file);
  }
  return 0;
}

}  // namespace host
